"""What `references/enums.md` shows, as users import it."""

from classes_snippets._core import enums

Treatment, Urgency = enums.Treatment, enums.Urgency


# region: match
def advice(treatment: Treatment) -> str:
    """Say what comes next after a treatment."""
    match treatment:
        case Treatment.Dose(drug, milligrams=amount) if amount > 500:
            return f"watch for {drug}"
        case Treatment.Dose(doses=1):
            return "repeat once"
        case Treatment.Pulse(beats, nurse):
            return f"{nurse} counted {beats}"
        case Treatment.Rest():
            return "wait"
        case _:
            return "go on"


# endregion: match


# region: match-value
def place(urgency: Urgency) -> str:
    """Say where a patient waits."""
    match urgency:
        case Urgency.IMMEDIATE:
            return "emergency room"
        case Urgency.DELAYED | Urgency.MINOR:
            return "waiting room"
    raise ValueError(urgency)


# endregion: match-value
