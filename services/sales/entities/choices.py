"""Picklists that several entities of sales share, in vtiger's words (spec 1.5 to 1.8)."""

SALUTATIONS = ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.")

LEAD_SOURCES = (
    "Cold Call",
    "Existing Customer",
    "Self Generated",
    "Employee",
    "Partner",
    "Public Relations",
    "Direct Mail",
    "Conference",
    "Trade Show",
    "Web Site",
    "Word of mouth",
    "Other",
)

INDUSTRIES = (
    "Apparel",
    "Banking",
    "Biotechnology",
    "Chemicals",
    "Communications",
    "Construction",
    "Consulting",
    "Education",
    "Electronics",
    "Energy",
    "Engineering",
    "Entertainment",
    "Environmental",
    "Finance",
    "Food & Beverage",
    "Government",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Machinery",
    "Manufacturing",
    "Media",
    "Not For Profit",
    "Recreation",
    "Retail",
    "Shipping",
    "Technology",
    "Telecommunications",
    "Transportation",
    "Utilities",
    "Other",
)

RATINGS = ("Acquired", "Active", "Market Failed", "Project Cancelled", "Shutdown")

CONTACT_ROLES = (
    "Decision Maker",
    "Business User",
    "Economic Buyer",
    "Technical Buyer",
    "Evaluator",
    "Influencer",
)
"""What a contact may be to an opportunity."""
