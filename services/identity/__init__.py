"""Who works here, how they sign in, and what the organisation is: people, roles, money, taxes."""
