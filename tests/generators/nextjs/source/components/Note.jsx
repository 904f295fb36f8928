export function Note({ title, children }) {
  return (
    <aside>
      <p id="note-title">{title}</p>
      {children}
    </aside>
  )
}

export function Card({ href, children }) {
  return <a href={href}>{children}</a>
}
