heal
