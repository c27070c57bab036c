"""What every dialect does with an order, and everything one emulator holds."""
