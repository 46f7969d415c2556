// What Segment's browser client asks for before it sends anything: where to send to, and nothing to load besides.

/** `@segment/analytics-next` unchanged, pointed here by its `cdnURL`. `apiBase` is `https://host/v1`. */
export const segmentSettings = (writeKey: string, apiBase: string): object => {
  const [protocol, host] = apiBase.split('://') as [string, string];
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: host,
        protocol,
        unbundledIntegrations: [],
        addBundledMetadata: true,
        maybeBundledConfigIds: {},
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: {
      track: { __default: { enabled: true, integrations: {} } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    // Its own telemetry goes to Segment: none.
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
};

/**
 * Under which scheme and host the asking page reaches us. A page on https cannot send to http, so its own scheme counts
 * where no proxy tells one.
 */
export const reachedAt = (request: Request): string => {
  const url = new URL(request.url);
  const host = request.headers.get('host') ?? url.host;
  const forwarded = request.headers.get('x-forwarded-proto')?.split(',')[0]?.trim();
  const page = request.headers.get('origin') ?? request.headers.get('referer') ?? '';
  const secure =
    forwarded !== undefined ? forwarded === 'https' : url.protocol === 'https:' || page.startsWith('https:');
  return `${secure ? 'https' : 'http'}://${host}`;
};
