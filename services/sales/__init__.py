"""Sales: from the first word of somebody who might buy to the last payment of somebody who did."""
