"""The assistant's actions: one a file, each only turning a tracker into a query and an answer into a message.

`python -m rasa_sdk --actions actions` serves them by themselves; `guide serve` runs them in its own process.
"""
