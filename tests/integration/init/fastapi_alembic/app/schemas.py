from pydantic import BaseModel, Field


class Credentials(BaseModel):
    email: str
    password: str = Field(min_length=8)


class NewMember(Credentials):
    name: str
    newsletter: bool = False


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"
    expires_in: int


class NewBook(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    copies: int = Field(default=1, ge=1)


class NewLoan(BaseModel):
    book_id: int
