"""`python -m seamproof`."""

from seamproof.cli import main

if __name__ == "__main__":
    main()
