run --hlp
