"""Chats with a language model, as OpenAI's interface has them: POST /v1/chat/completions."""
