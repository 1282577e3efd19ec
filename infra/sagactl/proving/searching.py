"""A proof from its beginning to its end, or to where somebody stopped it."""

from saga_testing.proving import Effort, NoInput, Proof, begun, parts
from sagactl.errors import NotUsableError
from sagactl.finding import Found
from sagactl.outlet import tell


def begin(found: Found) -> Proof:
    try:
        return begun(found.definition, found.spec)
    except NoInput as none:
        raise NotUsableError(str(none)) from none


def run_through(proof: Proof, effort: Effort) -> bool:
    """Whether it was stopped by hand: what was seen until then still counts."""
    try:
        for part in parts(effort):
            part(proof, tell)
            if not proof.holds:
                break
    except KeyboardInterrupt:
        tell("stopped; this is what was seen until then")
        return True
    except RuntimeError as error:
        raise NotUsableError(f"its functions cannot be called in another process: {error}") from error
    return False
