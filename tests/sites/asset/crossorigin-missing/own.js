write("letters");
