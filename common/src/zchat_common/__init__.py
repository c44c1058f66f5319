"""What broker and client share: names, texts, topics, messages, their bytes, sealing and error codes."""
