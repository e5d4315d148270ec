"""From one store to another: while the app runs, or by command."""
