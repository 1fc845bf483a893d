"""The API's door to people: how a program proves whom it acts for, and the teams."""
