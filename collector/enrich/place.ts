export const placeOf = (headers: Headers): { country: string | null; region: string | null } => {
  const country = headers.get('cf-ipcountry');
  return { country, region: country };
};
