import shop.har
