"""The demo: a believable small company, told through the public API as its people would."""
