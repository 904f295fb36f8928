export default function Shop() {
  return <h1 id="shop">The shop</h1>
}
