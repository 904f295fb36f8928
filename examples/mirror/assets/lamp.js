document.documentElement.classList.add("lit"); // the only script of the house
