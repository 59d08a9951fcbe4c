/** `ResponseHeadersPolicyConfig` of the template, as far as it adds headers. */
export interface ResponseHeadersConfig {
  CustomHeadersConfig?: { Items: { Header: string; Value: string; Override: boolean }[] };
  RemoveHeadersConfig?: { Items: { Header: string }[] };
  SecurityHeadersConfig?: {
    ContentSecurityPolicy?: { ContentSecurityPolicy: string; Override: boolean };
    ContentTypeOptions?: { Override: boolean };
    FrameOptions?: { FrameOption: string; Override: boolean };
    ReferrerPolicy?: { ReferrerPolicy: string; Override: boolean };
    StrictTransportSecurity?: {
      AccessControlMaxAgeSec: number;
      IncludeSubdomains?: boolean;
      Preload?: boolean;
      Override: boolean;
    };
    XSSProtection?: { Protection: boolean; ModeBlock?: boolean; ReportUri?: string; Override: boolean };
  };
}

interface AddedHeader {
  name: string;
  value: string;
  override: boolean;
}

type Headers = Record<string, string | string[]>;

/**
 * Makes of a response headers policy the function that applies it to an origin's headers.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
export function responseHeadersPolicy(config: ResponseHeadersConfig): (headers: Headers) => Headers {
  const added = [...securityHeaders(config), ...customHeaders(config)];
  const removed = config.RemoveHeadersConfig?.Items.map(({ Header }) => Header.toLowerCase()) ?? [];
  return (headers) => {
    const result = { ...headers };
    for (const name of removed) delete result[name];
    for (const { name, value, override } of added) if (override || !(name in result)) result[name] = value;
    return result;
  };
}

function customHeaders({ CustomHeadersConfig }: ResponseHeadersConfig): AddedHeader[] {
  return (CustomHeadersConfig?.Items ?? []).map(({ Header, Value, Override }) => ({
    name: Header.toLowerCase(),
    value: Value,
    override: Override,
  }));
}

function securityHeaders({ SecurityHeadersConfig: config = {} }: ResponseHeadersConfig): AddedHeader[] {
  const csp = config.ContentSecurityPolicy;
  const sts = config.StrictTransportSecurity;
  const xss = config.XSSProtection;
  const stsValue = [
    `max-age=${sts?.AccessControlMaxAgeSec}`,
    sts?.IncludeSubdomains && 'includeSubDomains',
    sts?.Preload && 'preload',
  ];
  const xssValue = [
    xss?.Protection ? '1' : '0',
    xss?.ModeBlock && 'mode=block',
    xss?.ReportUri && `report=${xss.ReportUri}`,
  ];
  const headers: [string, string | undefined, { Override: boolean } | undefined][] = [
    ['content-security-policy', csp?.ContentSecurityPolicy, csp],
    ['x-content-type-options', 'nosniff', config.ContentTypeOptions],
    ['x-frame-options', config.FrameOptions?.FrameOption, config.FrameOptions],
    ['referrer-policy', config.ReferrerPolicy?.ReferrerPolicy, config.ReferrerPolicy],
    ['strict-transport-security', stsValue.filter(Boolean).join('; '), sts],
    ['x-xss-protection', xssValue.filter(Boolean).join('; '), xss],
  ];
  return headers.flatMap(([name, value, setting]) =>
    setting && value ? [{ name, value, override: setting.Override }] : [],
  );
}
