"""What `authorization` can find, for people."""

from __future__ import annotations

from seamproof.checks.authorization.judgement import Breach
from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_API1 = "https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"
_API5 = "https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/"

FOREIGN_OBJECT = FindingClass(
    name="foreign-object",
    title="{operation} lets {who} {did} what belongs to {owner}",
    consequence=(
        "{who}, {standing}, sent the request that is {owner}'s and was answered {answer}: "
        "{evidence}."
    ),
    why=(
        "The object is looked up by the id that the client sends, and nothing asks whose it is. "
        "Ids are counted, guessed, logged and shared: whoever has one has the object."
    ),
    fix=(
        "Put the owner into the lookup: `WHERE id = $1 AND user_id = $2`, in every statement that "
        "takes an id from the request, and answer 404 where no row comes."
    ),
    example="""
        1  alice orders, and her order has the number 17.
        2  dora, a customer like her, sends GET /orders/17.
        3  SELECT * FROM orders WHERE id = 17. The service answers 200 with alice's address.
    """,
    boundary=BoundaryKind.SQL,
    broken="authorization",
    cwe=(639, 862),
    owasp=("API1:2023",),
    references=(_API1,),
)

TENANT_CROSSED = FindingClass(
    name="tenant-crossed",
    title="{operation} lets another tenant {did} what belongs to {owner}'s",
    consequence=(
        "{who}, {standing}, sent the request that is {owner}'s and was answered {answer}: "
        "{evidence}."
    ),
    why=(
        "Tenants are kept apart by a condition that every statement must have, and one has not. "
        "To the customer it is the same as a leak of the whole database."
    ),
    fix=(
        "Add the tenant to the lookup, `AND tenant_id = $2`; better, let row-level security or one "
        "place that builds all queries add it."
    ),
    example="""
        1  alice of Acme adds the document 5.
        2  carol of Globex sends GET /documents/5.
        3  SELECT * FROM documents WHERE id = 5. The service answers 200.
    """,
    boundary=BoundaryKind.SQL,
    broken="authorization",
    cwe=(639, 668),
    owasp=("API1:2023",),
    references=(
        _API1,
        "https://www.postgresql.org/docs/current/ddl-rowsecurity.html",
    ),
)

OPEN_TO_NOBODY = FindingClass(
    name="open-to-nobody",
    title="{operation} lets everybody {did} what belongs to {owner}",
    consequence=(
        "The request that is {owner}'s was sent with no credentials and answered {answer}: "
        "{evidence}."
    ),
    why=(
        "The route is outside of what checks credentials: a decorator, a middleware or a "
        "permission class that this one operation does not have."
    ),
    fix=(
        "Demand authentication everywhere, and name the few operations that are public. Where this "
        "one is meant to be, say so: `security: []` in the document, or `public` under "
        "[authorization]."
    ),
    example="""
        1  POST /documents wants a token, DELETE /documents/{id} was added later.
        2  A request without any token deletes alice's document.
    """,
    boundary=BoundaryKind.SQL,
    broken="authorization",
    cwe=(306,),
    owasp=("API1:2023", "API2:2023"),
    references=(_API1,),
)

ROLE_BYPASSED = FindingClass(
    name="role-bypassed",
    title="{operation} lets {who} {did} what is for {owner}'s role",
    consequence=(
        "{who}, {standing}, sent the request that is {owner}'s and was answered {answer}: "
        "{evidence}."
    ),
    why=(
        "Whether somebody may do a thing at all is asked nowhere: the client hides the button from "
        "who may not. The request is as easily sent without the client."
    ),
    fix=(
        "Ask for the role where the operation is, refuse by default, and test each operation with "
        "the lowest role."
    ),
    example="""
        1  PUT /users/{member}/role is for administrators.
        2  alice, a member, sends PUT /users/3/role {"role": "admin"}.
        3  UPDATE users SET role = 'admin' WHERE id = 3. The service answers 200.
    """,
    boundary=BoundaryKind.SQL,
    broken="authorization",
    cwe=(285, 862),
    owasp=("API5:2023",),
    references=(_API5,),
)

FOREIGN_PARENT = FindingClass(
    name="foreign-parent",
    title="{operation} takes what belongs to {owner} under something of {who}'s own",
    consequence=(
        "{who}, {standing}, sent `{reference}` of {owner}'s beside ids of their own and was "
        "answered {answer}: {evidence}."
    ),
    why=(
        "The parent in the path is checked, the child is looked up by its own id alone: that the "
        "child is one of this parent's is taken for granted."
    ),
    fix="Look the child up through the parent: `WHERE id = $1 AND order_id = $2`.",
    example="""
        1  alice's order 17 has the line 40, dora's order 18 is her own.
        2  dora sends DELETE /orders/18/lines/40.
        3  Order 18 is hers. DELETE FROM lines WHERE id = 40. It was alice's.
    """,
    boundary=BoundaryKind.SQL,
    broken="authorization",
    cwe=(639,),
    owasp=("API1:2023",),
    references=(_API1,),
)

ACCESS_WIDENED = FindingClass(
    name="access-widened",
    title="{operation} lets in who is refused by access.toml: {standing}",
    consequence=(
        "{who} is {standing}: the project's access.toml, {review}, says `refused`, and the service "
        "answered {answer}; {evidence}."
    ),
    why=(
        "They were refused once. Since then a check was lost, or a route was moved out of what "
        "protects it; or they are meant to be let in, and were refused by mistake. Which of them "
        "it is, only a person knows: it is proven where one has reviewed the file."
    ),
    fix=(
        "Refuse them again; where the change is meant, write `allowed` into that line of "
        "access.toml, so that it is reviewed with the change."
    ),
    example="""
        1  access.toml: "DELETE /projects/{id}" has "member" = "refused".
        2  A member sends DELETE /projects/4. The service answers 204.
    """,
    boundary=BoundaryKind.SQL,
    broken="authorization",
    cwe=(285,),
    owasp=("API5:2023",),
    references=(_API5,),
)

UNLIKE_ITS_FAMILY = FindingClass(
    name="unlike-its-family",
    title="{operation} lets {who} in, unlike all that stands beside it",
    consequence=(
        "{who}, {standing}, was answered {answer}; {refused} other operations of the same family "
        "that change something refuse them."
    ),
    why=(
        "Operations below one path are mostly for the same people. One that lets in whom all "
        "others refuse was often forgotten, and sometimes meant."
    ),
    fix=(
        "Refuse them, or leave it: who is let in is in access.toml, and only what is looser than "
        "there is told again."
    ),
    example="""
        1  POST, PUT and DELETE /coupons answer a member with 403.
        2  POST /coupons/{code}/extend answers 200.
    """,
    boundary=BoundaryKind.SQL,
    broken="authorization",
    cwe=(285,),
    owasp=("API5:2023",),
    references=(_API5,),
)

OF_BREACH = {
    Breach.NOBODY: OPEN_TO_NOBODY,
    Breach.TENANT: TENANT_CROSSED,
    Breach.PEER: FOREIGN_OBJECT,
    Breach.ROLE: ROLE_BYPASSED,
}
"""The class of each line that may be crossed."""

CLASSES = (
    FOREIGN_OBJECT,
    TENANT_CROSSED,
    OPEN_TO_NOBODY,
    ROLE_BYPASSED,
    FOREIGN_PARENT,
    ACCESS_WIDENED,
    UNLIKE_ITS_FAMILY,
)
