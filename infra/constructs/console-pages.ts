import {
  type BehaviorOptions,
  Function as CloudFrontFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  type IOrigin,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { securityHeaders } from './security-headers.ts';

/** What the console is served with. */
export interface ConsolePagesProps {
  origin: IOrigin;
  /** Where the console posts files to. */
  uploads: IBucket;
}

/** Names of files of the build hold a hash of what is in them. */
const forGood = 'public, max-age=31536000, immutable';

/** CloudFront's own JavaScript. The console finds its pages itself, by their paths (`console/src/app/router.tsx`). */
const route = `function handler(event) {
  var request = event.request;
  var first = request.uri.split('/')[1];
  if (first === 'orgs' || first === 'sign-in') request.uri = '/index.html';
  return request;
}
`;

/** The console: its page at each of its paths, asked for anew each time, and its files, which are kept for good. */
export class ConsolePages extends Construct {
  /** What the distribution does where no other behaviour says. */
  readonly behavior: BehaviorOptions;
  readonly behaviors: Record<string, BehaviorOptions>;
  /** For all that the console loads, the API's answers included. */
  readonly headers: ResponseHeadersPolicy;

  constructor(scope: Construct, id: string, { origin, uploads }: ConsolePagesProps) {
    super(scope, id);
    this.headers = this.#headers('Headers', uploads);
    const viewerProtocolPolicy = ViewerProtocolPolicy.REDIRECT_TO_HTTPS;
    this.behavior = {
      origin,
      viewerProtocolPolicy,
      responseHeadersPolicy: this.headers,
      functionAssociations: [{ eventType: FunctionEventType.VIEWER_REQUEST, function: this.#route() }],
    };
    const files = this.#headers('FileHeaders', uploads, forGood);
    this.behaviors = { '/assets/*': { origin, viewerProtocolPolicy, responseHeadersPolicy: files } };
  }

  #route(): CloudFrontFunction {
    return new CloudFrontFunction(this, 'Route', {
      comment: 'Muster: the page of the console',
      code: FunctionCode.fromInline(route),
      runtime: FunctionRuntime.JS_2_0,
    });
  }

  /** The console runs its own scripts and styles only, in no frame, and talks to this origin and the uploads bucket. */
  #headers(id: string, uploads: IBucket, cacheControl?: string): ResponseHeadersPolicy {
    const contentSecurityPolicy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      `connect-src 'self' https://${uploads.bucketRegionalDomainName} https://${uploads.bucketDomainName}`,
      "object-src 'none'",
      "base-uri 'none'",
      // Pages send by fetch. Without their script a form would put what was typed into the address.
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
    return new ResponseHeadersPolicy(this, id, {
      ...(cacheControl && {
        customHeadersBehavior: {
          customHeaders: [{ header: 'cache-control', value: cacheControl, override: true }],
        },
      }),
      securityHeadersBehavior: securityHeaders(contentSecurityPolicy),
    });
  }
}
