promote F-123abc
