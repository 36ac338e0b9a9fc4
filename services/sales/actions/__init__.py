"""What people do with the records of sales, beyond writing them: one module for each verb."""
