"""What people do beyond reading and writing records: sign in, stay signed in, change passwords."""
