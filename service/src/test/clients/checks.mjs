// What the scripts here say of a client, one line per check; the first that does not hold ends them.

export function check(name, holds) {
  if (!holds) {
    console.error(`failed: ${name}`);
    process.exit(1);
  }
  console.log(`ok: ${name}`);
}

/** The error that a call ends with, or null. */
export async function refused(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return null;
}
