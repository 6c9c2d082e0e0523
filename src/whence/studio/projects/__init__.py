"""What a person did, event by event, and the sheet that follows from it."""
