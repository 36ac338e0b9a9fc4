"""The rights of a person over what is kept of them: to be given it, and to have it erased."""
