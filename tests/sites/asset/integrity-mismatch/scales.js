document.title = "Scales";
