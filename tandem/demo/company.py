"""Harbour Cycles, who sell bicycles and what belongs to them to shops. All of it is invented.

Keys in the first column of each table are what the other tables call a record by. Days count from
the day the demo was first told, so that the company is always a living one.
"""

from typing import NamedTuple

MAIL_DOMAIN = "harbour-cycles.example"


class Person(NamedTuple):
    """Someone who works there; `role` is a role's key, `manager` a person's."""

    key: str
    first_name: str
    last_name: str
    title: str
    role: str
    manager: str | None


class Product(NamedTuple):
    """`stock` is what lies in the warehouse before the first order."""

    key: str
    name: str
    vendor: str
    unit_price: str
    purchase_cost: str
    stock: int
    reorder_level: int


class Customer(NamedTuple):
    """A shop and the person one talks to there."""

    key: str
    name: str
    street: str
    city: str
    code: str
    country: str
    industry: str
    owner: str
    salutation: str
    first_name: str
    last_name: str
    title: str


class Lead(NamedTuple):
    """Somebody who might become a customer."""

    key: str
    first_name: str
    last_name: str
    company: str
    city: str
    country: str
    source: str
    status: str
    owner: str


class Opportunity(NamedTuple):
    """`closing` is in days from the first telling."""

    key: str
    name: str
    customer: str
    stage: str
    amount: str
    closing: int
    next_step: str


class Line(NamedTuple):
    """So many of a product; `discount` in percent."""

    product: str
    quantity: int
    discount: str | None = None


class Document(NamedTuple):
    """A quote or an order: whose, what for, how far it has come, and on which day it began."""

    key: str
    subject: str
    customer: str
    state: str
    day: int
    lines: tuple[Line, ...]
    freight: str | None = None


class Ticket(NamedTuple):
    """What a customer wrote, and how it stands."""

    key: str
    title: str
    customer: str
    product: str
    status: str
    priority: str
    severity: str
    category: str
    owner: str
    description: str
    solution: str | None = None


class Consent(NamedTuple):
    """What a customer's contact said of mass mail; `day` as in documents."""

    key: str
    customer: str
    status: str
    way: str
    day: int
    proof: str


ROLES = (
    ("management", "Harbour Cycles management", None, "Administrator"),
    ("sales-lead", "Harbour Cycles head of sales", "management", "Sales"),
    ("sales", "Harbour Cycles sales", "sales-lead", "Sales"),
    ("warehouse", "Harbour Cycles warehouse", "management", "Sales"),
    ("service", "Harbour Cycles customer service", "management", "Support"),
)
"""Key, name, the role above, and the shipped profile its people have."""
"""Key, name, key of the role above; the first hangs below the top of the tree."""

PEOPLE = (
    Person("ingrid", "Ingrid", "Solberg", "Managing Director", "management", None),
    Person("marcus", "Marcus", "Oyelaran", "Head of Sales", "sales-lead", "ingrid"),
    Person("elena", "Elena", "Rossi", "Account Manager", "sales", "marcus"),
    Person("tom", "Tom", "Whitaker", "Account Manager", "sales", "marcus"),
    Person("joris", "Joris", "van Dijk", "Warehouse Manager", "warehouse", "ingrid"),
    Person("amara", "Amara", "Nwosu", "Customer Service", "service", "ingrid"),
)

LEFT = Person("noor", "Noor", "Haddad", "Account Manager", "sales", "marcus")
"""Who worked there until lately, and had one lead."""

LEAD_OF_WHO_LEFT = Lead(
    "l-harbour",
    "Petra",
    "Lund",
    "Harbour Rentals",
    "Aarhus",
    "Denmark",
    "Cold Call",
    "Contacted",
    "noor",
)
TAKES_OVER = "elena"

VENDORS = (
    ("nordvel", "Nordvel Frames AS", "Bergen", "Norway"),
    ("lumina", "Lumina Lighting GmbH", "Bielefeld", "Germany"),
    ("pedalsmith", "Pedalsmith Components", "Sheffield", "United Kingdom"),
    ("ortolan", "Ortolan Bags SARL", "Annecy", "France"),
)

PRODUCTS = (
    Product("city-7", "Fjord City 7 bicycle", "nordvel", "649.00", "402.00", 24, 8),
    Product("city-e", "Fjord City E bicycle", "nordvel", "1890.00", "1241.00", 12, 4),
    Product("gravel", "Skerry Gravel bicycle", "nordvel", "1249.00", "803.00", 14, 5),
    Product("cargo", "Longshore Cargo bicycle", "nordvel", "2490.00", "1675.00", 6, 3),
    Product("kids-20", "Puffin 20 children's bicycle", "nordvel", "329.00", "198.00", 30, 10),
    Product("light-f", "Beacon 60 front light", "lumina", "44.90", "21.50", 120, 40),
    Product("light-r", "Beacon 20 rear light", "lumina", "24.90", "11.20", 140, 40),
    Product("dynamo", "Hub dynamo 6 V", "lumina", "79.00", "42.00", 35, 12),
    Product("light-set", "Clip light set, USB", "lumina", "19.90", "8.10", 200, 60),
    Product("saddle", "Tern saddle", "pedalsmith", "39.00", "17.80", 75, 20),
    Product("grips", "Cork grips, pair", "pedalsmith", "14.50", "5.60", 160, 40),
    Product("pedals", "Flat pedals, pair", "pedalsmith", "34.00", "15.20", 90, 30),
    Product("chain", "Chain, 8-speed", "pedalsmith", "16.90", "7.40", 180, 60),
    Product("brake", "Brake pads, pair", "pedalsmith", "9.90", "3.20", 400, 120),
    Product("tyre-37", "Tyre 37-622", "pedalsmith", "27.50", "12.60", 220, 80),
    Product("tube", "Inner tube 28 inch", "pedalsmith", "5.90", "2.10", 600, 200),
    Product("pump", "Track pump", "pedalsmith", "42.00", "20.30", 55, 15),
    Product("pannier", "Harbour pannier, 20 l", "ortolan", "84.00", "43.50", 64, 20),
    Product("basket", "Front basket, willow", "ortolan", "49.00", "24.00", 40, 12),
    Product("rain", "Rain cover", "ortolan", "18.50", "7.90", 110, 30),
)

CUSTOMERS = (
    Customer(
        "velocity", "Velocity Bikes", "12 Canal Street", "Bristol", "BS1 6UP", "United Kingdom",
        "Retail", "tom", "Ms.", "Hannah", "Price", "Owner",
    ),
    Customer(
        "dedraad", "De Draad Fietsen", "Oudegracht 88", "Utrecht", "3511 AV", "Netherlands",
        "Retail", "elena", "Mr.", "Bas", "Verhoeven", "Buyer",
    ),
    Customer(
        "radhaus", "Radhaus Lindner", "Sonnenstrasse 4", "Leipzig", "04109", "Germany",
        "Retail", "elena", "Mr.", "Jonas", "Lindner", "Managing Director",
    ),
    Customer(
        "pedalo", "Cicli Pedalo", "Via Garibaldi 31", "Bologna", "40121", "Italy",
        "Retail", "elena", "Ms.", "Giulia", "Ferri", "Owner",
    ),
    Customer(
        "summit", "Summit Outdoor Stores", "7 Quay Road", "Cork", "T12 X2P4", "Ireland",
        "Retail", "tom", "Mr.", "Declan", "Byrne", "Purchasing Manager",
    ),
    Customer(
        "city", "Northgate City Council", "1 Civic Square", "Leeds", "LS1 1UR", "United Kingdom",
        "Government", "tom", "Mrs.", "Farah", "Siddiqui", "Fleet Officer",
    ),
    Customer(
        "hostel", "Tidewater Hostels", "22 Strandgade", "Copenhagen", "1401", "Denmark",
        "Hospitality", "marcus", "Mr.", "Mikkel", "Holm", "Operations Manager",
    ),
    Customer(
        "courier", "Swift & Green Couriers", "Rue du Marais 9", "Brussels", "1000", "Belgium",
        "Transportation", "marcus", "Ms.", "Chloe", "Lambert", "Fleet Manager",
    ),
)  # fmt: skip

LEADS = (
    Lead("l-spoke", "Aoife", "Nolan", "Spoke & Co", "Galway", "Ireland", "Trade Show", "Hot",
         "tom"),
    Lead("l-campus", "Peter", "Zeman", "Campus Mobility", "Brno", "Czechia", "Web Site", "Warm",
         "elena"),
    Lead("l-hotel", "Sofia", "Marques", "Hotel Atlantico", "Porto", "Portugal", "Word of mouth",
         "Contacted", "elena"),
    Lead("l-school", "Ruth", "Adeyemi", "Hillside Schools Trust", "Bath", "United Kingdom",
         "Cold Call", "Not Contacted", "tom"),
    Lead("l-post", "Lars", "Nyman", "Ostersund Post", "Ostersund", "Sweden", "Partner",
         "Qualified", "marcus"),
    Lead("l-rental", "Nora", "Keller", "Seeblick Verleih", "Konstanz", "Germany", "Conference",
         "Attempted to Contact", "elena"),
    Lead("l-club", "Owen", "Parry", "Cardiff Wheelers", "Cardiff", "United Kingdom",
         "Public Relations", "Cold", "tom"),
    Lead("l-closed", "Ida", "Berg", "Berg Sykler", "Oslo", "Norway", "Existing Customer",
         "Lost Lead", "marcus"),
)  # fmt: skip
CONVERTED = Lead(
    "l-ferry", "Karin", "Dahl", "Dahl Ferry Lines", "Gothenburg", "Sweden", "Trade Show", "Hot",
    "marcus"
)  # fmt: skip
"""This one has been won: its account, contact and opportunity came out of the conversion."""

OPPORTUNITIES = (
    Opportunity("o-fleet", "Council pool bicycles", "city", "Prospecting", "18900.00", 95,
                "Ask for the fleet list"),
    Opportunity("o-spring", "Spring range", "pedalo", "Qualification", "7400.00", 60,
                "Send the catalogue"),
    Opportunity("o-rental", "Rental bicycles, 3 houses", "hostel", "Needs Analysis", "15580.00",
                70, "Visit the houses"),
    Opportunity("o-kids", "Children's week", "velocity", "Value Proposition", "3950.00", 35,
                "Agree on margins"),
    Opportunity("o-light", "Lights for the winter", "radhaus", "Id. Decision Makers", "4300.00",
                45, "Meet the owner"),
    Opportunity("o-wales", "Shops in the north", "summit", "Perception Analysis", "9100.00", 50,
                "Show the samples"),
    Opportunity("o-cargo", "Cargo bicycles for couriers", "courier", "Proposal/Price Quote",
                "14940.00", 21, "Follow up the quote"),
    Opportunity("o-parts", "Parts on call", "dedraad", "Negotiation/Review", "6200.00", 14,
                "Settle the rebate"),
    Opportunity("o-gravel", "Gravel season", "velocity", "Closed Won", "7494.00", -20, ""),
    Opportunity("o-tours", "Guided tours", "hostel", "Closed Lost", "5200.00", -35, ""),
)  # fmt: skip
"""One at each stage."""

QUOTES = (
    Document("q-spring", "Spring range, first draft", "pedalo", "Created", -2,
             (Line("city-7", 6), Line("kids-20", 8, "5")), "95.00"),
    Document("q-light", "Lights for the winter", "radhaus", "Delivered", -6,
             (Line("light-f", 60, "12.5"), Line("light-r", 60, "12.5")), "38.00"),
    Document("q-parts", "Parts on call", "dedraad", "Reviewed", -12,
             (Line("chain", 120, "10"), Line("brake", 240, "10"), Line("tube", 300, "15"))),
    Document("q-cargo", "Cargo bicycles for couriers", "courier", "Accepted", -9,
             (Line("cargo", 2, "4"), Line("rain", 2)), "180.00"),
    Document("q-tours", "Guided tours", "hostel", "Rejected", -40,
             (Line("city-7", 8),), "120.00"),
)  # fmt: skip

ORDERS = (
    Document("so-kids", "Children's week", "velocity", "Created", -1,
             (Line("kids-20", 12, "5"), Line("grips", 20)), "60.00"),
    Document("so-summit", "Shop equipment, north", "summit", "Approved", -3,
             (Line("pump", 10), Line("tyre-37", 80, "8"), Line("tube", 150, "15")), "48.00"),
    Document("so-city", "Pool bicycles, first ten", "city", "Approved", -4,
             (Line("city-e", 9, "6"), Line("pannier", 10)), "210.00"),
    Document("so-dedraad", "Parts, spring", "dedraad", "Partially Shipped", -11,
             (Line("chain", 60, "10"), Line("brake", 120, "10"), Line("pedals", 30)), "32.00"),
    Document("so-gravel", "Gravel season", "velocity", "Delivered", -25,
             (Line("gravel", 6),), "150.00"),
    Document("so-radhaus", "Lights, autumn", "radhaus", "Delivered", -33,
             (Line("light-f", 40, "10"), Line("light-r", 60, "10"), Line("dynamo", 12))),
    Document("so-hostel", "Rental bicycles, harbour house", "hostel", "Delivered", -18,
             (Line("city-7", 10, "8"), Line("basket", 10)), "140.00"),
    Document("so-pedalo", "Panniers", "pedalo", "Cancelled", -15,
             (Line("pannier", 12),)),
)  # fmt: skip

INVOICED = {"so-gravel": "1", "so-radhaus": "0.4", "so-hostel": "0"}
"""Orders that are invoiced, and which share of the invoice has been paid."""

PURCHASES = (
    Document("po-city-e", "Electric bicycles, summer", "nordvel", "Approved", -5,
             (Line("city-e", 10),), "320.00"),
    Document("po-lights", "Lights, restock", "lumina", "Partially Received", -10,
             (Line("light-f", 60), Line("light-r", 80))),
    Document("po-bags", "Bags and baskets", "ortolan", "Received Shipment", -30,
             (Line("pannier", 24), Line("basket", 18)), "55.00"),
)  # fmt: skip
"""The customer of a purchase order is the vendor."""

TICKETS = (
    Ticket("t-brake", "Front brake squeals", "velocity", "gravel", "Open", "High", "Major",
           "Small Problem", "amara", "Two of the six squeal when wet, also after bedding in."),
    Ticket("t-display", "Display stays dark", "city", "city-e", "In Progress", "Urgent", "Critical",
           "Big Problem", "amara", "One bicycle of the demonstration fleet does not switch on."),
    Ticket("t-invoice", "Invoice shows the old address", "radhaus", "light-f",
           "Wait For Response", "Normal", "Minor", "Other Problem", "amara",
           "We moved in spring; please write the new address.",
           "Asked for the date of the move to correct earlier invoices as well."),
    Ticket("t-rack", "Rack for child seats?", "hostel", "city-7", "Open", "Low", "Feature",
           "Other Problem", "amara", "Our guests ask for child seats. Is there a rack that fits?"),
    Ticket("t-pannier", "Buckle broken on arrival", "pedalo", "pannier", "Closed", "Normal",
           "Minor", "Small Problem", "amara", "One of twelve had a broken buckle.",
           "Sent a replacement buckle the same day."),
)  # fmt: skip

CONSENTS = (
    Consent("c-velocity", "velocity", "opt_in", "Form", -30, "Ticked on the order form"),
    Consent("c-dedraad", "dedraad", "opt_in", "In person", -21, "Business card, spring fair"),
    Consent("c-radhaus", "radhaus", "opt_out", "Phone", -3, "Wants offers by letter only"),
)

ASKED_FOR_THEIR_DATA = "radhaus"
"""The customer whose contact wants to know what is kept of them."""
