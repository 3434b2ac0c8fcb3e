run --budget soon
