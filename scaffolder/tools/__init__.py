"""The tools of the skills, one package each, named as the tool."""
