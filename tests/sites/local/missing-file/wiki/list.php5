<!-- made by a program -->
<a href="Main_Page">home</a> <img src="map.png" alt=""> <!-- expect: local/missing-file -->
