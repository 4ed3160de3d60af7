"""What a thread says, which option is which model, and whether the model holds."""
