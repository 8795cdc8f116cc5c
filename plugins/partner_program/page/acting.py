"""What the forms of all acts share: what a person types, and the dependencies that say who may."""

from typing import Annotated

from fastapi import Depends, Form

from partner_program.page.rights import Person, may_act, may_answer_rates, may_decide

# PostgreSQL refuses the character NUL in any text.
Reason = Annotated[str, Form(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
# The hash of what was shown when the person decided: without it nothing is done.
Shown = Annotated[str, Form(pattern=r"^[0-9a-f,]{12,2000}$")]
Acting = Annotated[Person, Depends(may_act)]
Deciding = Annotated[Person, Depends(may_decide)]
AnsweringRates = Annotated[Person, Depends(may_answer_rates)]
