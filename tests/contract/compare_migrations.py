"""Print what a service's models want and its migrated database lacks: SERVICE DATABASE_URL."""

import sys

from crmkit import migrations
from tandem.roster import revisions, service_class

if __name__ == "__main__":
    service, url = sys.argv[1:]
    print(migrations.differences(url, service_class(service).base.metadata, revisions(service)))
