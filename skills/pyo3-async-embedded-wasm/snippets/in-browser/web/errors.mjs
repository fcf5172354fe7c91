// region: message
/** Returns the line of an error that says what happened. */
export function messageOf(error) {
  const lines = error.message.trim().split("\n");
  // In a Python traceback not simply the last: notes follow, such as PyO3's `while processing 'samples'`.
  const headline = new RegExp(`^([\\w.<>]+\\.)?${error.type}(:|$)`);
  return lines.findLast((line) => headline.test(line)) ?? lines.at(-1);
}
// endregion: message
