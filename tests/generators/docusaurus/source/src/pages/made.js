import React from 'react';

export default function Made() {
  return <main>Made</main>;
}
