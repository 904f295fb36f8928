from pelicanconf import *

SITEURL = "https://harbour.example.org/notes"
RELATIVE_URLS = False
