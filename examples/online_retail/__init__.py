"""The UCI "Online Retail" file as a landing folder."""
