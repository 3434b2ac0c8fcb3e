"""What columns hold, by their names."""

from __future__ import annotations

import pytest

from seamproof.analysis.sensitivity import Sensitivity, sensitivity


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("password_hash", Sensitivity.PASSWORD),
        ("passwordHash", Sensitivity.PASSWORD),
        ("salt", Sensitivity.PASSWORD),
        ("otp_secret", Sensitivity.PASSWORD),
        ("api_key", Sensitivity.TOKEN),
        ("reset_token", Sensitivity.TOKEN),
        ("webhook_secret", Sensitivity.TOKEN),
        ("apiKey", Sensitivity.TOKEN),
        ("ssn", Sensitivity.PERSONAL),
        ("social_security_no", Sensitivity.PERSONAL),
        ("dateOfBirth", Sensitivity.PERSONAL),
        ("tax_id", Sensitivity.PERSONAL),
        ("email", Sensitivity.CONTACT),
        ("phone_number", Sensitivity.CONTACT),
        ("internal_notes", Sensitivity.INTERNAL),
        ("admin_comment", Sensitivity.INTERNAL),
        ("name", None),
        ("token_type", None),
        ("password_changed_at", None),
        ("email_verified", None),
        ("notes", None),
        ("business_name", None),
        ("hash", None),
        ("session_count", None),
        ("email_signature", None),
        ("authorization_code", None),
        ("cookie_consent", None),
    ],
)
def test_names(name: str, kind: Sensitivity | None) -> None:
    assert sensitivity(name) is kind
