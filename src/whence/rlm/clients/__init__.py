"""The clients: OpenAI-compatible and Anthropic interfaces over one pooled HTTP client, or any function."""
