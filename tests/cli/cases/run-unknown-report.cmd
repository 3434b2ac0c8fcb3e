run --report xml=r.xml
