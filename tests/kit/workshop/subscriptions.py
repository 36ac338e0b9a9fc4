"""What the workshop hears: who exists, as every service does, and which gizmos others make."""

from crmkit.records.hearing import EVERY_SERVICE, links_to

SUBSCRIPTIONS = (
    *EVERY_SERVICE,
    links_to({"gizmo": ("name",)}, "crm.elsewhere.gizmo.*.v1", within={"gizmo": "part_of_id"}),
)
