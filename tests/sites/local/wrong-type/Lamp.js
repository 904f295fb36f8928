<!DOCTYPE html><title>Lamp.js</title> <!-- expect: local/wrong-type -->
