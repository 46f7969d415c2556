// placeholder until sdk/snippet is there
export const weftStub = '';
