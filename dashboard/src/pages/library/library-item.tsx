export function LibraryItem() {
  return <h1>LibraryItem</h1>;
}
