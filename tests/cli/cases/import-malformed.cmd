import shop.har --format har
