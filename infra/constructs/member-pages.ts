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
import { Construct } from 'constructs';
import { securityHeaders } from './security-headers.ts';

/** Where members open their pages; the first segment names the file. Mails lead there, so these stay as they are. */
const paths = ['/join', '/reset', '/register', '/register/*', '/unsubscribe', '/account'];

/** CloudFront's own JavaScript. The behaviours let no other first segment come here. */
const route = `function handler(event) {
  var request = event.request;
  request.uri = '/pages/' + request.uri.split('/')[1] + '.html';
  return request;
}
`;

/**
 * The members' pages at addresses without `.html`, with headers of their own: kept by no cache, sending no referrer,
 * and under a policy that lets them run this origin's files and call its API, and nothing else, not even send a form.
 */
export class MemberPages extends Construct {
  /** What the distribution does at each of the pages' paths. */
  readonly behaviors: Record<string, BehaviorOptions>;

  constructor(scope: Construct, id: string, { origin }: { origin: IOrigin }) {
    super(scope, id);
    const behavior: BehaviorOptions = {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      responseHeadersPolicy: this.#headers(),
      functionAssociations: [{ eventType: FunctionEventType.VIEWER_REQUEST, function: this.#route() }],
    };
    this.behaviors = Object.fromEntries(paths.map((path) => [path, behavior]));
  }

  #route(): CloudFrontFunction {
    return new CloudFrontFunction(this, 'Route', {
      comment: "Muster: the file of a members' page",
      code: FunctionCode.fromInline(route),
      runtime: FunctionRuntime.JS_2_0,
    });
  }

  #headers(): ResponseHeadersPolicy {
    const contentSecurityPolicy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      // Pages send by fetch. Without their script a form would put what was typed into the address.
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; ');
    return new ResponseHeadersPolicy(this, 'Headers', {
      customHeadersBehavior: {
        customHeaders: [{ header: 'cache-control', value: 'no-store', override: true }],
      },
      securityHeadersBehavior: securityHeaders(contentSecurityPolicy),
    });
  }
}
