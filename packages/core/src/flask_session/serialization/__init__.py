"""Values to bytes and back, with their types; old pickles, without running them."""
