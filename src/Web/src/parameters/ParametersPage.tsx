export function ParametersPage() {
  return null;
}
