import postman shop.json --output order.yaml
